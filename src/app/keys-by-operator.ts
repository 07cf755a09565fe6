import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { systemActor } from '../access/actor.js';
import type { Settings } from '../config/settings.js';
import type { SigningKeyRotated, SigningKeysStatus } from '../keys/keys.types.js';
import { SigningKeyRotation } from '../keys/signing-key-rotation.service.js';
import { createLogger, NestLogger } from '../observability/logger.js';
import { AppModule } from './app.module.js';

/**
 * Rotates the signing keys without a running service; running ones hear of it from the database.
 *
 * @throws DomainError keys.next_too_young unless forced; keys.master_key_wrong
 */
export function rotateKeysByOperator(
  settings: Settings,
  dataSource: DataSource,
  force: boolean,
): Promise<SigningKeyRotated> {
  return withRotation(settings, dataSource, (rotation) => rotation.rotate(systemActor('operator'), { force }));
}

export function keysStatusByOperator(settings: Settings, dataSource: DataSource): Promise<SigningKeysStatus> {
  return withRotation(settings, dataSource, (rotation) => rotation.status());
}

async function withRotation<T>(
  settings: Settings,
  dataSource: DataSource,
  work: (rotation: SigningKeyRotation) => Promise<T>,
): Promise<T> {
  const logger = createLogger('error');
  settings.PROCESS_ROLE = 'api';
  const app = await NestFactory.createApplicationContext(AppModule.with(settings, dataSource, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  try {
    return await work(app.get(SigningKeyRotation, { strict: false }));
  } finally {
    await app.close();
  }
}
