import { z } from 'zod';

/** For a POST that needs no more than its path: nothing, or an empty object. */
export const NO_BODY = { schema: z.strictObject({}).optional() };
