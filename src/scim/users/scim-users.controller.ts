import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Req, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import {
  AnswersScim,
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
import { ScimUsers } from './scim-users.service.js';

@ApiTags('scim')
@SpeaksScim()
@Controller('scim/v2/Users')
@UseFilters(ScimErrorFilter)
export class ScimUsersController {
  constructor(private readonly users: ScimUsers) {}

  /** List the people of the service account's tenant, or those that fit a filter (RFC 7644 3.4.2) */
  @Get()
  @RequirePermission('scim:provision')
  @WithQuery()
  @AnswersScim('ScimUserList', 'A page of those that fit')
  async list(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerWith(reply, await this.users.search(actor, request.query));
  }

  /** The same with the query in the body (RFC 7644 3.4.3) */
  @Post('.search')
  @HttpCode(200)
  @RequirePermission('scim:provision')
  @ReadsOnly()
  @TakesScim('ScimSearchRequest')
  @AnswersScim('ScimUserList', 'A page of those that fit')
  async search(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerWith(reply, await this.users.search(actor, request.body));
  }

  /** Provision a person; a deleted one comes back with nothing assigned to them */
  @Post()
  @RequirePermission('scim:provision')
  @WithProjection()
  @TakesScim('ScimUserToProvision')
  @AnswersScimCreated('ScimUser', 'The person as provisioned')
  async create(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerCreated(reply, await this.users.create(actor, request.body, request.query));
  }

  /** One person */
  @Get(':id')
  @RequirePermission('scim:provision')
  @WithProjection()
  @UnlessKnown()
  @AnswersScimResource('ScimUser', 'The person')
  async get(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject | undefined> {
    const { resource, version } = await this.users.get(actor, id, request.query);
    reply.header('ETag', version);
    if (!isKnownVersion(request.headers['if-none-match'], version)) return answerWith(reply, resource);
    reply.status(304);
    return undefined;
  }

  /** Replace what is known of a person */
  @Put(':id')
  @RequirePermission('scim:provision')
  @OnlyIfVersion()
  @WithProjection()
  @TakesScim('ScimUserToProvision')
  @AnswersScimResource('ScimUser', 'The person as replaced')
  async replace(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    const { body, query } = request;
    return answerShown(reply, await this.users.replace(actor, id, ifMatchOf(request), body, query));
  }

  /** Change some of a person's attributes; `active` disables and enables (RFC 7644 3.5.2) */
  @Patch(':id')
  @RequirePermission('scim:provision')
  @OnlyIfVersion()
  @WithProjection()
  @TakesScim('ScimPatch')
  @AnswersScimResource('ScimUser', 'The person as changed')
  async patch(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    const { body, query } = request;
    return answerShown(reply, await this.users.patch(actor, id, ifMatchOf(request), body, query));
  }

  /** Delete a person, who loses everything that they hold */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('scim:provision')
  @OnlyIfVersion()
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('id') id: string,
    @Req() request: ScimRequest,
  ): Promise<void> {
    await this.users.remove(actor, id, ifMatchOf(request));
  }
}
