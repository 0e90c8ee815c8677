/**
 * SQL that puts row-level security on a tenant's table: the API's role reads and changes by equality
 * with the one tenant of the request (equality keeps ordered index scans), and inserts only for the
 * tenants that this write names; the worker's role serves all tenants.
 */
export function tenantTable(table: string, tenantColumn = 'tenant_id'): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY app_select ON ${table} FOR SELECT TO yusuan_app USING (${tenantColumn} = yusuan_tenant());
    CREATE POLICY app_update ON ${table} FOR UPDATE TO yusuan_app
      USING (${tenantColumn} = yusuan_tenant()) WITH CHECK (${tenantColumn} = yusuan_tenant());
    CREATE POLICY app_delete ON ${table} FOR DELETE TO yusuan_app USING (${tenantColumn} = yusuan_tenant());
    CREATE POLICY app_insert ON ${table} FOR INSERT TO yusuan_app WITH CHECK (${tenantColumn} = ANY (yusuan_write_tenants()));
    CREATE POLICY worker_all ON ${table} TO yusuan_worker USING (true) WITH CHECK (true);`;
}

/** SQL that makes a table append-only for everybody: history is corrected by new rows. */
export function appendOnly(table: string): string {
  return `
    CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON ${table}
      FOR EACH ROW EXECUTE FUNCTION yusuan_refuse_change();
    CREATE TRIGGER ${table}_no_truncate BEFORE TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION yusuan_refuse_change();`;
}

/** SQL that binds a state column to the event chain: no change of state commits without its event. */
export function stateEvents(table: string): string {
  return `
    ALTER TABLE ${table} ADD CONSTRAINT ${table}_state_has_event
      FOREIGN KEY (id, event_seq) REFERENCES event (subject_id, seq) DEFERRABLE INITIALLY DEFERRED;
    CREATE TRIGGER ${table}_state_moves_event BEFORE UPDATE ON ${table}
      FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION yusuan_state_moves_event();`;
}
