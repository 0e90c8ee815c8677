export { createApiApp, listenForOps } from './create-api-app.js';
export { makeAdminKey, setUpPlatform } from './platform-setup.js';
export { type Route, RouteTable } from './routes/route-table.service.js';
