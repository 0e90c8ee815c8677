import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { InvalidInputError } from '#libs/kernel';
import { pointer } from './faults.js';

const QUERY_KEY = `${RouteParamtypes.QUERY}:`;

/** A route that declares no query takes none: what a caller writes there would be lost in silence. */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(host: ExecutionContext): boolean {
    const { query } = host.switchToHttp().getRequest<FastifyRequest>();
    const names = Object.keys(query as object);
    if (names.length === 0 || takesQuery(host.getClass(), host.getHandler().name)) return true;
    throw new InvalidInputError(
      names.map((name) => ({ path: pointer([name]), message: 'is not a parameter of this path, which takes none' })),
    );
  }
}

function takesQuery(controller: object, handler: string): boolean {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) as object | undefined;
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(QUERY_KEY));
}
