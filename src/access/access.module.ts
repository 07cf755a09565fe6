import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { RoutePolicies } from './route-policies.js';

/** The vocabulary of permission: the catalogue, who acts, and what each route demands. It decides nothing. */
@Global()
@Module({ imports: [DiscoveryModule], providers: [RoutePolicies], exports: [RoutePolicies] })
export class AccessModule {}
