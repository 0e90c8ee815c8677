import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A comparison of a tenant's column with a value, in a condition: the stores' own care for whose row it is. */
const TENANT_CONDITION =
  /((?:"?\w+"?\.)?"?tenant_id"?|"TenantEntity"\."id") = (?:\$\d+(?!\w)|yusuan_tenant\(\)|ANY \(\$\d+\))/g;

/**
 * From here on every statement of every store runs without its tenant condition, as a store would whose author forgot
 * it. What still keeps tenants apart is the database alone.
 * @returns the statements that lost a condition, as they come
 */
export function strikeTenantConditions(app: INestApplication): ReadonlySet<string> {
  const struck = new Set<string>();
  const dataSource = app.get(DataSource);
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    const query = runner.query.bind(runner);
    runner.query = ((sql: string, ...rest: never[]): unknown => {
      const unscoped = sql.replaceAll(TENANT_CONDITION, '($& OR true)');
      if (unscoped !== sql) struck.add(sql);
      return query(unscoped, ...rest);
    }) as typeof runner.query;
    return runner;
  };
  return struck;
}
