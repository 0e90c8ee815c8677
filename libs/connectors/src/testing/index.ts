export { connectorContract, type ConnectorHarness } from './connector-contract.js';
export { attemptSpec, checkpointScript, newJobId, readWholeLog, secondsNow, until, untilEnded } from './attempts.js';
