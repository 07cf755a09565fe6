import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UserStatusRules } from './user-status-rules.service.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** People: their profile for display, their status, and the security stamp that ends what was issued to them. */
@Module({
  imports: [AuditModule],
  controllers: [UsersController],
  providers: [UsersRepository, UserStatusRules, UsersService],
  exports: [UsersService, UserStatusRules],
})
export class UsersModule {}
