import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '../../access/access.decorators.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { listResponse } from '../protocol/messages.js';
import { ResourceLocation } from '../resource-location.js';
import { scimError } from '../scim.errors.js';
import { ScimErrorFilter } from '../scim-error.filter.js';
import { answerWith, type ScimRequest } from '../scim-request.js';
import { resourceTypes, schemaResources, serviceProviderConfig } from './discovery-resources.js';

/** What this service can do, for clients that ask (RFC 7644 4). */
@ApiTags('scim')
@Controller('scim/v2')
@UseFilters(ScimErrorFilter)
export class ScimDiscoveryController {
  constructor(private readonly location: ResourceLocation) {}

  /** Which parts of SCIM are supported, and how large requests may be */
  @Get('ServiceProviderConfig')
  @RequirePermission('scim:provision')
  config(@Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, serviceProviderConfig(this.location.of('ServiceProviderConfig')));
  }

  /** Users and groups */
  @Get('ResourceTypes')
  @RequirePermission('scim:provision')
  types(@Req() { query }: ScimRequest, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, allOf(resourceTypes(this.location), query));
  }

  /** One type of resource */
  @Get('ResourceTypes/:id')
  @RequirePermission('scim:provision')
  type(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, oneOf(resourceTypes(this.location), id));
  }

  /** The attributes of users and groups */
  @Get('Schemas')
  @RequirePermission('scim:provision')
  schemas(@Req() { query }: ScimRequest, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, allOf(schemaResources(this.location), query));
  }

  /** One schema */
  @Get('Schemas/:id')
  @RequirePermission('scim:provision')
  schema(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, oneOf(schemaResources(this.location), id));
  }
}

/** RFC 7644 4: a filter here is refused, so that nobody takes the whole for what fits. */
function allOf(resources: JsonObject[], query: unknown): JsonObject {
  if (Object.hasOwn(query as object, 'filter')) {
    throw scimError('scim.no_filter', { detail: 'This list takes no filter.' });
  }
  return listResponse(resources, resources.length, 1);
}

function oneOf(resources: JsonObject[], id: string): JsonObject {
  const found = resources.find((resource) => resource['id'] === id);
  if (found === undefined) throw scimError('scim.not_found');
  return found;
}
