export { createWorkerApp } from './create-worker-app.js';
