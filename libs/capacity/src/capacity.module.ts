import { Module } from '@nestjs/common';
import { CapacityQueries } from './application/capacity-queries.service.js';
import { CreateOfferService } from './application/create-offer.service.js';
import { ExtendWindowsService } from './application/extend-windows.service.js';
import { OfferStore } from './application/offer.store.js';
import { ReservationStore } from './application/reservation.store.js';
import { ReserveCapacity } from './application/reserve-capacity.service.js';
import { SupplyStore } from './application/supply.store.js';
import { WithdrawOfferService } from './application/withdraw-offer.service.js';
import { PostgresOfferStore } from './persistence/postgres-offer.store.js';
import { PostgresReservationStore } from './persistence/postgres-reservation.store.js';
import { PostgresSupplyStore } from './persistence/postgres-supply.store.js';

const USE_CASES = [CreateOfferService, WithdrawOfferService, ExtendWindowsService, ReserveCapacity, CapacityQueries];

@Module({
  providers: [
    ...USE_CASES,
    { provide: OfferStore, useClass: PostgresOfferStore },
    { provide: SupplyStore, useClass: PostgresSupplyStore },
    { provide: ReservationStore, useClass: PostgresReservationStore },
  ],
  exports: USE_CASES,
})
export class CapacityModule {}
