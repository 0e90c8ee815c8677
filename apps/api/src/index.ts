export { createApiApp, listenForOps } from './create-api-app.js';
export { makeAdminKey, setUpPlatform } from './platform-setup.js';
