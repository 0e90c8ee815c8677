export { type AccountingParts, StatedSites, accountingOn } from './accounting-on.js';
export {
  BooksFixture,
  KNOWN_SITE,
  type TestOffer,
  type TestSegment,
  type TestTenant,
  startOf,
} from './books-fixture.js';
