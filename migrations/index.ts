import { Foundation1764000000001 } from './1764000000001-foundation.js';
import { Identity1764000000002 } from './1764000000002-identity.js';
import { Catalog1764000000003 } from './1764000000003-catalog.js';
import { Capacity1764000000004 } from './1764000000004-capacity.js';
import { Jobs1764000000005 } from './1764000000005-jobs.js';
import { Accounting1764000000006 } from './1764000000006-accounting.js';
import { SchedulingExecution1764000000007 } from './1764000000007-scheduling-execution.js';

/** In the order in which they run. Forward only. */
export const migrations = [
  Foundation1764000000001,
  Identity1764000000002,
  Catalog1764000000003,
  Capacity1764000000004,
  Jobs1764000000005,
  Accounting1764000000006,
  SchedulingExecution1764000000007,
];
