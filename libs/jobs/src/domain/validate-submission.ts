import type { EpochSeconds, FieldFault } from '#libs/kernel';
import type { SubmitJobInput } from './job.js';

/** Faults that the wire's schema cannot see: they need the clock, or two fields. At the paths of the wire's body. */
export function submissionFaults(input: SubmitJobInput, now: EpochSeconds): FieldFault[] {
  const { earliestStartAt, deadlineAt, maxCost, currency } = input;
  const faults: FieldFault[] = [];
  if (deadlineAt !== null && deadlineAt <= now)
    faults.push({ path: '/constraints/deadline', message: 'must be in the future' });
  else if (deadlineAt !== null && earliestStartAt !== null && earliestStartAt >= deadlineAt)
    faults.push({ path: '/constraints/earliestStart', message: 'must be before the deadline' });
  const both = input.centersDenied.filter((center) => input.centersAllowed.includes(center));
  if (both.length)
    faults.push({
      path: '/constraints/centersDenied',
      message: `names centers that are also allowed: ${both.join(', ')}`,
    });
  if (maxCost && maxCost.currency !== currency)
    faults.push({
      path: '/constraints/maxCost/currency',
      message: `must be ${currency}, the currency of the tenant's account`,
    });
  return faults;
}
