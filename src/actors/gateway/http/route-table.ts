/** Every route of the API, in the order of its documents. */
import { changeRoutes } from './change-routes.js';
import { dashboardRoutes } from './dashboard.js';
import { drillRoutes } from './drill-routes.js';
import { eventRoutes } from './event-routes.js';
import { healthRoutes } from './health-routes.js';
import { openApiRoute } from './openapi.js';
import { readRoutes } from './read-routes.js';
import type { Route } from './routes.js';

/** @throws an error of the file system when the dashboard's files are missing */
export function allRoutes(version: string): readonly Route[] {
  const routes = [
    ...readRoutes,
    ...changeRoutes,
    ...drillRoutes,
    ...eventRoutes,
    ...healthRoutes,
    ...dashboardRoutes(),
  ];
  return [...routes, openApiRoute(version, routes)];
}
