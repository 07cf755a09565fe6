import { Module } from '@nestjs/common';
import { EntraAuthorities } from './entra-authorities.js';
import { EntraLogin } from './entra-login.js';
import { GraphClients } from './graph-clients.js';
import { MsalEntraLogin } from './msal-entra-login.js';

/** Microsoft Entra ID: its sign-in authority and Microsoft Graph. */
@Module({
  providers: [EntraAuthorities, GraphClients, { provide: EntraLogin, useClass: MsalEntraLogin }],
  exports: [EntraAuthorities, EntraLogin, GraphClients],
})
export class EntraModule {}
