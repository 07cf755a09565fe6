import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Req, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import {
  AnswersScim,
  AnswersScimChanged,
  AnswersScimCreated,
  AnswersScimResource,
  OnlyIfVersion,
  SpeaksScim,
  TakesScim,
  UnlessKnown,
  WithProjection,
  WithQuery,
} from '../openapi/described-for-scim.js';
import { isKnownVersion } from '../resource-version.js';
import { ScimErrorFilter } from '../scim-error.filter.js';
import { answerCreated, answerShown, answerWith, ifMatchOf, type ScimRequest } from '../scim-request.js';
import { ScimGroups } from './scim-groups.service.js';

@ApiTags('scim')
@SpeaksScim()
@Controller('scim/v2/Groups')
@UseFilters(ScimErrorFilter)
export class ScimGroupsController {
  constructor(private readonly groups: ScimGroups) {}

  /** List the provisioned groups of the service account's tenant, or those that fit a filter (RFC 7644 3.4.2) */
  @Get()
  @RequirePermission('scim:provision')
  @WithQuery()
  @AnswersScim('ScimGroupList', 'A page of those that fit')
  async list(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerWith(reply, await this.groups.search(actor, request.query));
  }

  /** The same with the query in the body (RFC 7644 3.4.3) */
  @Post('.search')
  @HttpCode(200)
  @RequirePermission('scim:provision')
  @ReadsOnly()
  @TakesScim('ScimSearchRequest')
  @AnswersScim('ScimGroupList', 'A page of those that fit')
  async search(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerWith(reply, await this.groups.search(actor, request.body));
  }

  /** Provision a group, with or without members */
  @Post()
  @RequirePermission('scim:provision')
  @WithProjection()
  @TakesScim('ScimGroupToProvision')
  @AnswersScimCreated('ScimGroup', 'The group as provisioned')
  async create(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerCreated(reply, await this.groups.create(actor, request.body, request.query));
  }

  /** One group */
  @Get(':id')
  @RequirePermission('scim:provision')
  @WithProjection()
  @UnlessKnown()
  @AnswersScimResource('ScimGroup', 'The group')
  async get(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject | undefined> {
    const { resource, version } = await this.groups.get(actor, id, request.query);
    reply.header('ETag', version);
    if (!isKnownVersion(request.headers['if-none-match'], version)) return answerWith(reply, resource);
    reply.status(304);
    return undefined;
  }

  /** Replace a group's name and members */
  @Put(':id')
  @RequirePermission('scim:provision')
  @OnlyIfVersion()
  @WithProjection()
  @TakesScim('ScimGroupToProvision')
  @AnswersScimResource('ScimGroup', 'The group as replaced')
  async replace(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    const { body, query } = request;
    return answerShown(reply, await this.groups.replace(actor, id, ifMatchOf(request), body, query));
  }

  /** Change a group's name, add or remove members (RFC 7644 3.5.2) */
  @Patch(':id')
  @HttpCode(204)
  @RequirePermission('scim:provision')
  @OnlyIfVersion()
  @TakesScim('ScimPatch')
  @AnswersScimChanged()
  async patch(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    // Without a body: a list of all members would be larger than anything that was asked (RFC 7644 3.5.2).
    reply.header('ETag', await this.groups.patch(actor, id, ifMatchOf(request), request.body));
  }

  /** Delete a group, and with it what its members hold through it */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('scim:provision')
  @OnlyIfVersion()
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
  ): Promise<void> {
    await this.groups.remove(actor, id, ifMatchOf(request));
  }
}
