import { code, uuid } from '#libs/contracts';

/** For `@Param`: an id that could be one; anything else is a path where nothing is. */
export const ID = { schema: uuid };
export const CODE = { schema: code };
