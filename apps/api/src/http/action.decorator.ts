import { SetMetadata } from '@nestjs/common';
import type { Action as ActionName } from '#libs/identity';

const ACTION = 'yusuan:action';
/** For routes that need no key. */
const PUBLIC = 'public';

/** What a caller must be allowed to do to use this route: one row of the table of roles. */
export const Action = (name: ActionName) => SetMetadata(ACTION, name);

/** This route answers anyone, without a key. */
export const Public = () => SetMetadata(ACTION, PUBLIC);

/** Null where the route declares nothing, which the start of the application refuses. */
export function actionOf(handler: object): ActionName | typeof PUBLIC | null {
  return (Reflect.getMetadata(ACTION, handler) as ActionName | typeof PUBLIC | undefined) ?? null;
}
