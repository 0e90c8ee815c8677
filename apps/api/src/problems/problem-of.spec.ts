import { NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { AccountingError } from '#libs/accounting';
import { ConnectorRejectedError, ConnectorUnreachableError } from '#libs/connectors';
import { DomainError, InvalidInputError } from '#libs/kernel';
import { JobsError } from '#libs/jobs';
import { PROBLEMS } from './problem-catalog.js';
import { faultOf } from './problem-of.js';

describe('what a caller hears of an error', () => {
  it('is its code and words where a table names it', () => {
    expect(faultOf(new JobsError('job-already-ended', 'the job has ended as COMPLETED'))).toMatchObject({
      code: 'job-already-ended',
      detail: 'the job has ended as COMPLETED',
    });
  });

  it('is each faulty field of an invalid input', () => {
    const faults = [{ path: '/a', message: 'no' }];
    expect(faultOf(new InvalidInputError(faults))).toMatchObject({ code: 'invalid-input', faults });
  });

  it.each([
    new Error('select * from secrets'),
    new DomainError('no-such-code', 'secrets'),
    new DomainError('constructor', 'secrets'),
    new AccountingError('hold-not-found', 'secrets'),
    'a thrown text of secrets',
    null,
  ])('is nothing but that it happened where none does: %s', (error) => {
    const fault = faultOf(error);
    expect(fault.code === 'internal-error' || PROBLEMS[fault.code].status === 500).toBe(true);
    expect(fault.detail).not.toContain('secrets');
  });

  it.each([
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('query failed'), { driverError: { code: '57P01', message: 'terminating' } }),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
  ])('is to try again where the database is away: %s', (error) => {
    expect(faultOf(error)).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '2' } });
  });

  it('says nothing of the machines that a connector names', () => {
    expect(faultOf(new ConnectorUnreachableError('no answer from 10.0.0.1'))).toMatchObject({
      code: 'connector-unreachable',
      detail: PROBLEMS['connector-unreachable'].help,
    });
    expect(faultOf(new ConnectorRejectedError('/srv/jobs/x is gone')).detail).not.toContain('/srv');
  });

  it('keeps the status of what the framework refused', () => {
    expect(faultOf(new NotFoundException('Cannot GET /secret')).code).toBe('not-found');
  });
});
