export * from './connector.js';
export * from './connectors.errors.js';
export { ConnectorRegistry, type ConnectedCluster, type ConnectorOptions } from './connector-registry.js';
export { ConnectorsModule } from './connectors.module.js';
export { type LocalSettings } from './local/local-settings.js';
