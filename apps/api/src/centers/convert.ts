import type { Center } from '#libs/catalog';
import type { Center as ApiCenter } from '#libs/contracts';
import { toApiInstant } from '../wire/instants.js';

export function toApiCenter(center: Center): ApiCenter {
  const { latitude: _latitude, longitude: _longitude, ...shown } = center;
  return {
    ...shown,
    facts: { ...center.facts },
    sources: { ...center.sources },
    createdAt: toApiInstant(center.createdAt),
  };
}
