import { FieldFaults } from '../domain/field-faults.js';
import { CONNECTORS, type Connector, type Facts, type Sources } from '../domain/read-types.js';

export interface ClusterFields {
  readonly name: string;
  readonly scheduler?: string | null;
  readonly connector?: Connector | null;
  /** What the connector needs to know, such as `{ slots: 4 }`. */
  readonly connectorSettings?: Facts | null;
  readonly facts?: Facts;
  readonly sources?: Sources;
}

export function clusterFaults(fields: Partial<ClusterFields>): FieldFaults {
  const faults = new FieldFaults();
  faults.text('/name', fields.name);
  faults.text('/scheduler', fields.scheduler);
  const connector = fields.connector ?? null;
  if (connector !== null && !CONNECTORS.includes(connector))
    faults.add('/connector', `name a connector (${CONNECTORS.join(', ')}), or null where nothing is to run`);
  return faults;
}
