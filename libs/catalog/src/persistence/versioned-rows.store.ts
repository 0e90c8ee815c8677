import type { EntityTarget, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import { LessThan } from 'typeorm';
import { type Page, type PageRequest, type TxContext, decodeCursor, manager, pageOf } from '#libs/platform';

/** What the tables with an id have in common: TypeORM's own types for values and conditions stop here. */
export async function insertRows<Row extends ObjectLiteral>(
  ctx: TxContext,
  entity: EntityTarget<Row>,
  rows: readonly Row[],
  options: { readonly ignoreTaken: boolean } = { ignoreTaken: false },
): Promise<void> {
  if (rows.length === 0) return;
  const insert = manager(ctx)
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values(rows as never);
  await (options.ignoreTaken ? insert.orIgnore() : insert).updateEntity(false).execute();
}

/**
 * Changes a row and counts its version up.
 * @param version the version that the caller saw; null changes whatever stands there
 * @returns false where no row of this id has that version (any more)
 */
export async function updateVersioned<Row extends ObjectLiteral & { readonly id: string }>(
  ctx: TxContext,
  entity: EntityTarget<Row>,
  key: { readonly id: string; readonly version: number | null },
  changes: Partial<Row>,
): Promise<boolean> {
  const where = key.version === null ? { id: key.id } : { id: key.id, version: key.version };
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const result = await manager(ctx)
    .createQueryBuilder()
    .update(entity)
    .set({ ...given, version: () => 'version + 1' } as never)
    .where(where)
    .updateEntity(false)
    .execute();
  return result.affected === 1;
}

/** Newest first. */
export async function pageById<Row extends ObjectLiteral & { readonly id: string }>(
  ctx: TxContext,
  entity: EntityTarget<Row>,
  where: FindOptionsWhere<Row>,
  page: PageRequest,
): Promise<Page<Row>> {
  const after = page.cursor === null ? {} : { id: LessThan(decodeCursor(page.cursor)) };
  const rows = await manager(ctx)
    .getRepository(entity)
    .find({
      where: { ...where, ...after } as FindOptionsWhere<Row>,
      order: { id: 'DESC' } as never,
      take: page.limit + 1,
    });
  return pageOf(rows, page.limit);
}
