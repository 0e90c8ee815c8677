import { Controller, Get } from '@nestjs/common';
import { me, type Me } from '#libs/contracts';
import { CatalogQueries } from '#libs/catalog';
import { Action } from '../http/action.decorator.js';
import { type ApiCall, Call } from '../http/api-call.js';
import { Answers } from '../openapi/answers.decorator.js';

@Controller('v1/me')
export class MeController {
  constructor(private readonly catalog: CatalogQueries) {}

  @Get()
  @Action('me.read')
  @Answers(me, { summary: 'Who calls: tenant, key, roles' })
  async readMe(@Call() { principal, context }: ApiCall): Promise<Me> {
    const centers = await this.catalog.centersByIds(context, principal.centerIds);
    return {
      tenant: { id: principal.tenantId, code: principal.tenantCode },
      key: { id: principal.keyId, name: principal.name },
      roles: [...principal.roles],
      centers: [...centers.values()].map((center) => center.code).sort(),
    };
  }
}
