import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { RoutePolicies } from '../access/route-policies.js';
import { SCIM_SCHEMAS } from '../scim/openapi/scim-schemas.js';
import { describeProblems } from './describe-problems.js';

const SCIM_TOKEN =
  'A SCIM token of a service account (POST /service-accounts/{id}/credentials): it opens /scim/v2 and nothing else';

/** The OpenAPI 3.1 description of the API, made from the controllers and DTOs of the running application. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('BlindspotX')
    .setDescription(
      'Who may do what, what drifted in the identity configuration, and whether the record of it can be trusted.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addSecurity('scim', { type: 'http', scheme: 'bearer', description: SCIM_TOKEN })
    .addSecurityRequirements('bearer')
    .addServer('/');
  const document = SwaggerModule.createDocument(app, builder.build(), {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...SCIM_SCHEMAS } };
  return describeProblems(document, app.get(RoutePolicies).list());
}

/** The page may run its own scripts and styles, and nothing of anybody else. */
export const DOCS_CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/** Serves the description at /api/openapi.json and a page to read it at /api/docs. Both are public: they hold nothing secret. */
export function serveOpenApi(app: INestApplication): void {
  // A function, so that the document is made at the first request for it and not at start.
  SwaggerModule.setup('api/docs', app, () => openApiDocument(app), {
    raw: ['json'],
    jsonDocumentUrl: 'api/openapi.json',
    customSiteTitle: 'BlindspotX API',
    swaggerOptions: { validatorUrl: null, persistAuthorization: false },
  });
}
