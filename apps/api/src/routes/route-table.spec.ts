import { Controller, Get, Post } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Action, Public } from '../http/action.decorator.js';
import { RouteTable } from './route-table.service.js';

@Controller('v1/spoken')
class SpokenController {
  @Get()
  @Action('job.read')
  list(): void {}

  @Get(':id')
  @Public()
  read(): void {}
}

@Controller('v1/silent')
class SilentController {
  @Post(':id/forgotten')
  forgotten(): void {}
}

function tableOf(...controllers: object[]): RouteTable {
  return new RouteTable({
    getControllers: () => controllers.map((instance) => ({ instance })),
  } as unknown as DiscoveryService);
}

describe('the table of routes', () => {
  it('knows each route with what it asks of its caller', () => {
    expect(tableOf(new SpokenController()).routes()).toEqual([
      { method: 'GET', path: '/v1/spoken', action: 'job.read' },
      { method: 'GET', path: '/v1/spoken/:id', action: 'public' },
    ]);
  });

  it('lets the application start where every route says so', () => {
    expect(() => tableOf(new SpokenController()).onApplicationBootstrap()).not.toThrow();
  });

  it('refuses the start, and names the route, where one does not', () => {
    const table = tableOf(new SpokenController(), new SilentController());
    expect(() => table.onApplicationBootstrap()).toThrow('POST /v1/silent/:id/forgotten');
  });
});
