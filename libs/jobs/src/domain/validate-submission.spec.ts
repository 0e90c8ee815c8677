import { describe, expect, it } from 'vitest';
import { asId, Money, type ProjectId } from '#libs/kernel';
import { jobInput } from '../testing/index.js';
import type { SubmitJobInput } from './job.js';
import { submissionFaults } from './validate-submission.js';

const now = 1_800_000_000;
const projectId = asId<ProjectId>('00000000-0000-7000-8000-000000000001');

describe('a submission', () => {
  it('without faults has none', () => {
    const bounds = {
      earliestStartAt: now + 10,
      deadlineAt: now + 20,
      maxCost: Money.of('1', 'CNY'),
      centersAllowed: ['a'],
    };
    expect(submissionFaults(jobInput(projectId, { ...bounds, centersDenied: ['b'] }), now)).toEqual([]);
  });

  const faults: [string, Partial<SubmitJobInput>, string][] = [
    ['whose deadline has passed', { deadlineAt: now }, '/constraints/deadline'],
    [
      'that may start only at its deadline',
      { earliestStartAt: now + 9, deadlineAt: now + 9 },
      '/constraints/earliestStart',
    ],
    [
      'that allows and denies one center',
      { centersAllowed: ['a', 'b'], centersDenied: ['b'] },
      '/constraints/centersDenied',
    ],
    [
      "whose limit is not in the account's currency",
      { maxCost: Money.of('1', 'EUR') },
      '/constraints/maxCost/currency',
    ],
  ];
  it.each(faults)('%s is refused at its field', (_title, change, path) => {
    expect(submissionFaults(jobInput(projectId, change), now).map((fault) => fault.path)).toEqual([path]);
  });
});
