import { Controller, Get, Param, Req, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequirePermission } from '../../access/access.decorators.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { AnswersScim, SpeaksScim } from '../openapi/described-for-scim.js';
import { listResponse } from '../protocol/messages.js';
import { ResourceLocation } from '../resource-location.js';
import { scimError } from '../scim.errors.js';
import { ScimErrorFilter } from '../scim-error.filter.js';
import { answerWith, type ScimRequest } from '../scim-request.js';
import { resourceTypes, schemaResources, serviceProviderConfig } from './discovery-resources.js';

/** What this service can do, for clients that ask (RFC 7644 4). */
@ApiTags('scim')
@SpeaksScim()
@Controller('scim/v2')
@UseFilters(ScimErrorFilter)
export class ScimDiscoveryController {
  constructor(private readonly location: ResourceLocation) {}

  /** Which parts of SCIM are supported, and how large requests may be */
  @Get('ServiceProviderConfig')
  @RequirePermission('scim:provision')
  @AnswersScim('ScimServiceProviderConfig', 'What is supported')
  config(@Req() { query }: ScimRequest, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    assertUnfiltered(query);
    return answerWith(reply, serviceProviderConfig(this.location.of('ServiceProviderConfig')));
  }

  /** Users and groups */
  @Get('ResourceTypes')
  @RequirePermission('scim:provision')
  @AnswersScim('ScimResourceTypeList', 'All types')
  types(@Req() { query }: ScimRequest, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, allOf(resourceTypes(this.location), query));
  }

  /** One type of resource */
  @Get('ResourceTypes/:id')
  @RequirePermission('scim:provision')
  @AnswersScim('ScimResourceType', 'The type')
  type(
    @Param('id') id: string,
    @Req() { query }: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): JsonObject {
    assertUnfiltered(query);
    return answerWith(reply, oneOf(resourceTypes(this.location), id));
  }

  /** The attributes of users and groups */
  @Get('Schemas')
  @RequirePermission('scim:provision')
  @AnswersScim('ScimSchemaList', 'All schemas')
  schemas(@Req() { query }: ScimRequest, @Res({ passthrough: true }) reply: FastifyReply): JsonObject {
    return answerWith(reply, allOf(schemaResources(this.location), query));
  }

  /** One schema */
  @Get('Schemas/:id')
  @RequirePermission('scim:provision')
  @AnswersScim('ScimSchema', 'The schema')
  schema(
    @Param('id') id: string,
    @Req() { query }: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): JsonObject {
    assertUnfiltered(query);
    return answerWith(reply, oneOf(schemaResources(this.location), id));
  }
}

/** RFC 7644 4: a filter here is refused, so that nobody takes the whole for what fits. @throws DomainError scim.no_filter */
function assertUnfiltered(query: unknown): void {
  if (Object.hasOwn(query as object, 'filter')) throw scimError('scim.no_filter');
}

function allOf(resources: JsonObject[], query: unknown): JsonObject {
  assertUnfiltered(query);
  return listResponse(resources, resources.length, 1);
}

function oneOf(resources: JsonObject[], id: string): JsonObject {
  const found = resources.find((resource) => resource['id'] === id);
  if (found === undefined) throw scimError('scim.not_found');
  return found;
}
