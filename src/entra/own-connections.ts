import { Injectable } from '@nestjs/common';
import type { ConnectionCloud } from './clouds.js';

/** How an application proves to Entra ID who it is. `federated`: by the file that ENTRA_CLIENT_ASSERTION_FILE names. */
export type ClientCredential =
  | { kind: 'secret'; secret: string }
  | { kind: 'certificate'; pem: string }
  | { kind: 'federated' };

/** The application that a tenant is read with instead of the installation's. */
export interface OwnConnection {
  /** Another one after every change. */
  revision: string;
  clientId: string;
  /** Null: the installation's. */
  cloud: ConnectionCloud | null;
  /** Opened when a token is asked for, so that one that doesn't open is a fault of that tenant and of nobody else. */
  credential(): Promise<ClientCredential>;
}

/** By Entra's directory id; null where the installation's application reads it. */
export type OwnConnectionSource = (entraTenantId: string) => Promise<OwnConnection | null>;

/** Where the room that keeps tenants says what each is read with: it stands above this one. */
@Injectable()
export class OwnConnections {
  private source: OwnConnectionSource = () => Promise.resolve(null);

  readFrom(source: OwnConnectionSource): void {
    this.source = source;
  }

  of(entraTenantId: string): Promise<OwnConnection | null> {
    return this.source(entraTenantId);
  }
}
