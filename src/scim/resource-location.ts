import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** Addresses of resources, as clients see them. */
@Injectable()
export class ResourceLocation {
  private readonly base: string;

  constructor(settings: Settings) {
    this.base = (settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`).replace(/\/+$/, '');
  }

  of(resourceType: 'Users' | 'Groups' | 'Schemas' | 'ResourceTypes' | 'ServiceProviderConfig', id?: string): string {
    return `${this.base}/scim/v2/${resourceType}${id === undefined ? '' : `/${id}`}`;
  }
}
