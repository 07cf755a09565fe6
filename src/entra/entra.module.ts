import { Module } from '@nestjs/common';
import { EntraAuthorities } from './entra-authorities.js';
import { EntraLogin } from './entra-login.js';
import { GraphClients } from './graph-clients.js';
import { MsalEntraLogin } from './msal-entra-login.js';
import { OwnConnections } from './own-connections.js';

/** Microsoft Entra ID: its sign-in authority and Microsoft Graph. */
@Module({
  providers: [EntraAuthorities, GraphClients, OwnConnections, { provide: EntraLogin, useClass: MsalEntraLogin }],
  exports: [EntraAuthorities, EntraLogin, GraphClients, OwnConnections],
})
export class EntraModule {}
