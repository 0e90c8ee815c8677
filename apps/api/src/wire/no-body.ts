import { noBody } from '#libs/contracts';

export const NO_BODY = { schema: noBody };
