// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

static bool cert_get(struct rd *body, struct ike_cert *cert)
{
	if (!rd_u8(body, &cert->encoding))
		return false;
	cert->data = ike_rest(body);
	return true;
}

bool cert_validate(struct rd body)
{
	struct ike_cert cert;

	return cert_get(&body, &cert) && cert.data.len > 0;
}

void cert_read(struct rd body, struct ike_message *m)
{
	if (m->cert_count == IKE_CERTS_MAX)
		m->ignored++;
	else if (cert_get(&body, &m->cert[m->cert_count]))
		m->cert_count++;
}

/* The data may be empty: any authority will do. */
bool certreq_validate(struct rd body)
{
	struct ike_cert request;

	return cert_get(&body, &request) && (request.encoding != IKE_CERT_X509_SIGNATURE ||
					     request.data.len % IKE_AUTHORITY_LEN == 0);
}

void certreq_read(struct rd body, struct ike_message *m)
{
	if (m->certreq_count == IKE_CERTREQS_MAX)
		m->ignored++;
	else if (cert_get(&body, &m->certreq[m->certreq_count]))
		m->certreq_count++;
}
