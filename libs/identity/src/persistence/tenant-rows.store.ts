import type { EntityTarget, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import { LessThan } from 'typeorm';
import type { TenantId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, decodeCursor, manager, pageOf } from '#libs/platform';

/** No tenant has it: what is read without a tenant finds nothing. */
const NO_TENANT = '00000000-0000-0000-0000-000000000000' as TenantId;

/** The tenant whose rows this operation reads. Row-level security holds to the same; this is the first of two locks. */
export function tenantOf(ctx: TxContext): TenantId {
  return ctx.scope.tenantId ?? NO_TENANT;
}

export async function insertRow<Row extends ObjectLiteral>(
  ctx: TxContext,
  entity: EntityTarget<Row>,
  row: Row,
): Promise<void> {
  await manager(ctx).createQueryBuilder().insert().into(entity).values(row).updateEntity(false).execute();
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
      where: { ...where, ...after },
      order: { id: 'DESC' } as never,
      take: page.limit + 1,
    });
  return pageOf(rows, page.limit);
}
