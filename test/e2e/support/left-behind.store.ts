import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '#libs/platform';

export interface LeftAttempt {
  readonly token: string;
  readonly state: string;
  readonly clusterId: string;
  readonly jobId: string;
}

/** What a killed broker has left: the rows of its database, which outlives it, and the files of its local clusters. */
export class LeftBehind {
  constructor(
    private readonly dataDir: string,
    private readonly jobName: string,
  ) {}

  jobs(): Promise<number> {
    return this.count('SELECT count(*) FROM job WHERE id IN (SELECT id FROM named)');
  }

  async jobState(): Promise<string | null> {
    const [job] = await this.query<{ state: string }>('SELECT state FROM job WHERE id IN (SELECT id FROM named)');
    return job?.state ?? null;
  }

  async segmentStates(): Promise<string[]> {
    const text = 'SELECT state FROM segment WHERE job_id IN (SELECT id FROM named) ORDER BY seq';
    return (await this.query<{ state: string }>(text)).map(({ state }) => state);
  }

  /** Nodes and money that are promised to the job. */
  async promises(): Promise<{ readonly nodes: number; readonly holds: number }> {
    return {
      nodes: await this.count(
        `SELECT count(*) FROM reservation r JOIN segment s ON s.id = r.segment_id
         WHERE s.job_id IN (SELECT id FROM named) AND r.released_at IS NULL`,
      ),
      holds: await this.count('SELECT count(*) FROM hold WHERE job_id IN (SELECT id FROM named) AND closed_at IS NULL'),
    };
  }

  checkpointRows(): Promise<number> {
    return this.count('SELECT count(*) FROM checkpoint WHERE job_id IN (SELECT id FROM named)');
  }

  usageRecords(): Promise<number> {
    return this.count('SELECT count(*) FROM usage_record WHERE job_id IN (SELECT id FROM named)');
  }

  charges(): Promise<number> {
    return this.count('SELECT count(*) FROM charge WHERE job_id IN (SELECT id FROM named)');
  }

  /** The job's newest attempt. */
  async attempt(): Promise<LeftAttempt> {
    const [attempt] = await this.query<LeftAttempt>(
      `SELECT token, state, cluster_id AS "clusterId", job_id AS "jobId" FROM attempt
       WHERE job_id IN (SELECT id FROM named) ORDER BY fence DESC LIMIT 1`,
    );
    if (!attempt) throw new Error(`job ${this.jobName} has no attempt`);
    return attempt;
  }

  /** Whether the cluster has the newest attempt, or a file of it. */
  async hasAttemptFile(file = '.'): Promise<boolean> {
    const { token, clusterId } = await this.attempt();
    const attempts = join(this.clusterFolder(clusterId), 'attempts');
    if (!existsSync(attempts)) throw new Error(`cluster ${clusterId} has no folder ${attempts}`);
    return existsSync(join(attempts, token, file));
  }

  /** Sealed checkpoints of the job in the folder of the newest attempt's cluster. */
  async sealedCheckpoints(): Promise<string[]> {
    const folder = await this.checkpointFolder();
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('ckpt-')) : [];
  }

  /** Where the job's checkpoints stand on the newest attempt's cluster. */
  async checkpointFolder(): Promise<string> {
    const { clusterId, jobId } = await this.attempt();
    return join(this.clusterFolder(clusterId), 'jobs', jobId, 'checkpoints');
  }

  private clusterFolder(clusterId: string): string {
    return join(this.dataDir, 'local', clusterId);
  }

  private async count(text: string): Promise<number> {
    const [row] = await this.query<{ count: string }>(text);
    return Number(row?.count);
  }

  private async query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const server = await EmbeddedPostgres.attach(this.dataDir);
    if (!server) throw new Error(`no PostgreSQL runs on ${this.dataDir}`);
    const client = new pg.Client({ connectionString: server.url('owner') });
    await client.connect();
    try {
      const named = 'WITH named AS (SELECT id FROM job WHERE name = $1)';
      return (await client.query<Row>(`${named} ${text}`, [this.jobName])).rows;
    } finally {
      await client.end();
    }
  }
}
