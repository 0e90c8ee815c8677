import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type { MemberId } from '#libs/kernel';
import { type Page, type PageRequest, type TxContext, isConstraintViolation, manager } from '#libs/platform';
import { IdentityError } from '../domain/identity.errors.js';
import type { Member } from '../domain/read-types.js';
import { MemberEntity } from './member.entity.js';
import { insertRow, pageById, tenantOf } from './tenant-rows.store.js';

@Injectable()
export class MemberStore {
  /** @throws IdentityError `member-email-taken` */
  async insert(ctx: TxContext, member: Member): Promise<void> {
    try {
      await insertRow(ctx, MemberEntity, member);
    } catch (error) {
      if (!isConstraintViolation(error, 'member_tenant_id_email_key')) throw error;
      throw new IdentityError('member-email-taken', 'the tenant has a member with this email address already');
    }
  }

  find(ctx: TxContext, id: MemberId): Promise<Member | null> {
    return manager(ctx).findOneBy(MemberEntity, { tenantId: tenantOf(ctx), id });
  }

  /** Without those who were removed. */
  list(ctx: TxContext, page: PageRequest): Promise<Page<Member>> {
    return pageById(ctx, MemberEntity, { tenantId: tenantOf(ctx), removedAt: IsNull() }, page);
  }
}
