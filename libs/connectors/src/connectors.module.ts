import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, jobUser, nowSeconds, PlatformConfig } from '#libs/platform';
import { ConnectorRegistry } from './connector-registry.js';

/** Submissions in hand are finished before the process goes. */
@Injectable()
class ConnectorsClosing implements OnApplicationShutdown {
  constructor(private readonly registry: ConnectorRegistry) {}

  async onApplicationShutdown(): Promise<void> {
    await this.registry.close();
  }
}

@Module({
  providers: [
    {
      provide: ConnectorRegistry,
      useFactory: (config: PlatformConfig, clock: Clock) =>
        new ConnectorRegistry({ dataDir: config.dataDir, jobUser: jobUser(), now: () => nowSeconds(clock) }),
      inject: [PlatformConfig, Clock],
    },
    ConnectorsClosing,
  ],
  exports: [ConnectorRegistry],
})
export class ConnectorsModule {}
