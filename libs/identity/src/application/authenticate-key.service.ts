import { Injectable } from '@nestjs/common';
import { Clock, nowSeconds } from '#libs/platform';
import { hashOfKey, isKeyText } from '../domain/key-text.js';
import type { Principal } from '../domain/principal.js';
import { ApiKeyStore } from '../persistence/api-key.store.js';

@Injectable()
export class AuthenticateKeyService {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly clock: Clock,
  ) {}

  /**
   * @param bearer the token after `Bearer `
   * @returns null for whatever is not a key in force; why is nobody's business. What cannot be a key costs no query.
   */
  async execute(bearer: string): Promise<Principal | null> {
    if (!isKeyText(bearer)) return null;
    const found = await this.keys.findByHash(hashOfKey(bearer));
    if (!found || found.isRevoked) return null;
    if (found.expiresAt !== null && found.expiresAt <= nowSeconds(this.clock)) return null;
    return found.principal;
  }
}
