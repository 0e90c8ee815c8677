/** URLs of the run's PostgreSQL; the three roles' URLs name a database that each test file replaces by its own. */
export interface TestServer {
  readonly superuser: string;
  readonly owner: string;
  readonly app: string;
  readonly worker: string;
}

export const TEMPLATE = 'yusuan_template';
