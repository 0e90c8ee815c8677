import { Injectable, type OnApplicationBootstrap, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { actionOf } from '../http/action.decorator.js';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for each parameter. */
  readonly path: string;
  /** `public` needs no key; null was forgotten. */
  readonly action: ReturnType<typeof actionOf>;
}

/** All routes of the controllers. The start of the application is refused where one says not what it asks of its caller. */
@Injectable()
export class RouteTable implements OnApplicationBootstrap {
  private readonly scanner = new MetadataScanner();

  constructor(private readonly discovery: DiscoveryService) {}

  onApplicationBootstrap(): void {
    const silent = this.routes().filter((route) => route.action === null);
    if (silent.length === 0) return;
    const names = silent.map((route) => `${route.method} ${route.path}`).join(', ');
    throw new Error(`these routes declare no @Action (or @Public): ${names}`);
  }

  routes(): Route[] {
    return this.discovery.getControllers().flatMap(({ instance }) => this.routesOf(instance as object));
  }

  private routesOf(controller: object): Route[] {
    const prototype = Object.getPrototypeOf(controller) as Record<string, object>;
    const base = Reflect.getMetadata(PATH_METADATA, prototype.constructor) as string;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      const path = handler && (Reflect.getMetadata(PATH_METADATA, handler) as string | undefined);
      if (handler === undefined || path === undefined) return [];
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
      return [{ method: method as Route['method'], path: pathOf(base, path), action: actionOf(handler) }];
    });
  }
}

function pathOf(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
