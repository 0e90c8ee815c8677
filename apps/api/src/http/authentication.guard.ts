import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuthenticateKeyService, contextOf, isAllowed, PERMISSIONS } from '#libs/identity';
import { ApiProblem } from '../problems/api-problem.js';
import { actionOf } from './action.decorator.js';
import { setCaller } from './api-call.js';

const BEARER = /^Bearer +([^\s]+)$/i;

/** 401 without a valid key, 403 where none of the key's roles reaches the route's action. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(private readonly keys: AuthenticateKeyService) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const action = actionOf(host.getHandler());
    if (action === 'public') return true;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.keys.execute(bearerOf(request));
    if (!principal) throw unauthenticated();
    if (action === null || !isAllowed(principal, action)) {
      const roles = action === null ? [] : PERMISSIONS[action];
      throw new ApiProblem('forbidden', `This needs one of the roles ${roles.join(', ')}.`);
    }
    setCaller(request, { principal, context: contextOf(principal, request.id) });
    return true;
  }
}

function bearerOf(request: FastifyRequest): string {
  const [, key] = BEARER.exec(request.headers.authorization ?? '') ?? [];
  if (key === undefined) throw unauthenticated();
  return key;
}

function unauthenticated(): ApiProblem {
  return new ApiProblem('unauthenticated', 'There is no valid key in the Authorization header.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
