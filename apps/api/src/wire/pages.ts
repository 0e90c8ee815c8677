import type { Page as ApiPage } from '#libs/contracts';
import type { Page, PageRequest } from '#libs/platform';

/** The page that a query asks for; what else the query says stays beside it. */
export function fromApiPage(query: { readonly limit: number; readonly cursor?: string | undefined }): PageRequest {
  return { limit: query.limit, cursor: query.cursor ?? null };
}

export function toApiPage<Item, Shown>(page: Page<Item>, show: (item: Item) => Shown): ApiPage<Shown> {
  return { items: page.items.map(show), nextCursor: page.nextCursor };
}
