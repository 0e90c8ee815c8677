export { CapacityModule } from './capacity.module.js';
export {
  CapacityQueries,
  type Supply,
  type SupplyLane,
  type SupplySpan,
  type WindowView,
} from './application/capacity-queries.service.js';
export { type CreatedOffer, CreateOfferService } from './application/create-offer.service.js';
export { ExtendWindowsService } from './application/extend-windows.service.js';
export type { NewReservation } from './application/reservation.store.js';
export {
  type ReserveAnswer,
  ReserveCapacity,
  type ReserveCapacityInput,
} from './application/reserve-capacity.service.js';
export type { WindowFilter } from './application/supply.store.js';
export { WithdrawOfferService } from './application/withdraw-offer.service.js';
export { CapacityError, type CapacityErrorCode } from './domain/capacity.errors.js';
export type { Commitment, SegmentCommitment } from './domain/commitment.js';
export {
  type CreateOfferInput,
  type ElectricityTerms,
  type Guarantee,
  type Offer,
  type OfferState,
  type OfferTerms,
  type Recurrence,
} from './domain/offer.js';
export { type OfferWindow } from './domain/window.js';
