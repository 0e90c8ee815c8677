import { Injectable } from '@nestjs/common';
import {
  IdempotencyStore,
  type OnceAnswer,
  type OperationContext,
  TransactionRunner,
  type TxContext,
} from '#libs/platform';
import { ApiProblem } from '../problems/api-problem.js';
import type { ApiCall } from './api-call.js';
import { bodyHash } from './canonical-json.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

export interface Created<Body> {
  /** Null where what was made has no path of its own. */
  readonly location: string | null;
  readonly body: Body;
}

export interface Creation<Body> {
  /** In whose scope it is created, where that is not the caller's own. */
  readonly context?: OperationContext;
  /** Runs in one transaction with the key's row: every use case that it calls gets `ctx`. */
  create(ctx: TxContext): Promise<Created<Body>>;
  /** What is kept of the answer for a repetition; all of it unless something must not be. */
  keep?(body: Body): unknown;
  /** The answer to a repetition, from what was kept. */
  recall?(ctx: OperationContext, kept: unknown): Promise<Body>;
}

/** Answers a POST that creates: 201 with its `Location`, and the same answer again where the `Idempotency-Key` repeats. */
@Injectable()
export class Creations {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: IdempotencyStore,
  ) {}

  async answer<Body>(call: ApiCall, creation: Creation<Body>): Promise<Body> {
    const context = creation.context ?? call.context;
    const key = keyOf(call);
    if (key === null) {
      const { location, body } = await this.transactions.run(context, (ctx) => creation.create(ctx));
      return located(call, location, body);
    }
    return this.answerOnce(call, { ...creation, context }, key);
  }

  private async answerOnce<Body>(
    call: ApiCall,
    creation: Creation<Body> & { readonly context: OperationContext },
    key: string,
  ): Promise<Body> {
    let fresh: Body | undefined;
    const request = { route: routeOf(call), key, bodyHash: bodyHash(call.request.body) };
    const once = await this.keys.once(creation.context, request, async (ctx) => {
      const { location, body } = await creation.create(ctx);
      fresh = body;
      return { status: 201, location, body: creation.keep ? creation.keep(body) : body };
    });
    const answer = answerOf(once);
    if (once.kind === 'created' && fresh !== undefined) return located(call, answer.location, fresh);
    call.reply.header('idempotency-replayed', 'true');
    const body = creation.recall ? await creation.recall(creation.context, answer.body) : (answer.body as Body);
    return located(call, answer.location, body);
  }
}

function located<Body>({ reply }: ApiCall, location: string | null, body: Body): Body {
  if (location !== null) reply.header('location', location);
  return body;
}

/** For routes that move money: the key is not the sender's choice. */
export function requireIdempotencyKey(call: ApiCall): void {
  if (keyOf(call) === null)
    throw new ApiProblem('idempotency-key-required', 'Money moves here: send an Idempotency-Key header.');
}

function keyOf(call: ApiCall): string | null {
  const given = call.request.headers['idempotency-key'];
  if (given === undefined) return null;
  if (typeof given === 'string' && KEY.test(given)) return given;
  throw new ApiProblem('idempotency-key-invalid', 'Send 1 to 255 visible ASCII characters as Idempotency-Key.');
}

/** The path itself, not its pattern: a key binds under one account, not under all. */
function routeOf({ request }: ApiCall): string {
  return `${request.method} ${request.url.split('?')[0]}`;
}

function answerOf(once: OnceAnswer) {
  if (once.kind !== 'other-body') return once.answer;
  throw new ApiProblem('idempotency-key-reused', 'This Idempotency-Key came with another body before: send a new key.');
}
