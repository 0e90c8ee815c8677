export { createApiApp, listenForOps } from './create-api-app.js';
export { type Route, RouteTable } from './routes/route-table.service.js';
