import { Injectable } from '@nestjs/common';
import { CatalogQueries, type DeviceKind, type Pool } from '#libs/catalog';
import { Clock, type OperationContext, type Page, type PageRequest } from '#libs/platform';

/** What a demand can name. */
export interface KnownCatalog {
  readonly pools: readonly Pool[];
  readonly deviceKinds: ReadonlyMap<string, DeviceKind>;
  readonly centerCodes: ReadonlySet<string>;
}

const FRESH_MS = 5_000;
const PAGE = 200;

/** The catalog, read at most every few seconds: a demand is held to it, and it changes a few times a year. */
@Injectable()
export class KnownCatalogs {
  private kept: { readonly at: number; readonly catalog: KnownCatalog } | null = null;

  constructor(
    private readonly catalog: CatalogQueries,
    private readonly clock: Clock,
  ) {}

  /** @param isFresh true where nothing older will do, as before a refusal */
  async read(context: OperationContext, isFresh: boolean): Promise<KnownCatalog> {
    const at = this.clock.now().getTime();
    if (!isFresh && this.kept && Math.abs(at - this.kept.at) < FRESH_MS) return this.kept.catalog;
    const catalog = await this.load(context);
    this.kept = { at, catalog };
    return catalog;
  }

  private async load(context: OperationContext): Promise<KnownCatalog> {
    const pools = await allOf((page) => this.catalog.listPools(context, {}, page));
    const kinds = await allOf((page) => this.catalog.listDeviceKinds(context, page));
    const centers = await allOf((page) => this.catalog.listCenters(context, page));
    return {
      pools,
      deviceKinds: new Map(kinds.map((kind) => [kind.code, kind])),
      centerCodes: new Set(centers.map((center) => center.code)),
    };
  }
}

async function allOf<Item>(list: (page: PageRequest) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await list({ limit: PAGE, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
