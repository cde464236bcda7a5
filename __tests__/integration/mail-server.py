# A mail server (aiosmtpd) for one test: ADDRESS PORT, with CERTIFICATE and KEY by STARTTLS (or SMTPS), a login, and one
# "not now" for each new sender. Prints what it takes as JSON lines.
import asyncio, json, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

certificate, key, how = sys.argv[1:4]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
seen = set()

class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address not in seen:
            seen.add(address)
            return '451 4.7.1 not now'
        envelope.mail_from = address
        return '250 OK'

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('nobody'):
            return '550 5.1.1 no such user'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'tls': session.ssl is not None or how == 'smtps',
            'login': bool(session.authenticated), 'text': envelope.content.decode(),
        }), flush=True)
        return '250 OK'

def authenticate(server, session, envelope, mechanism, data):
    # not "handled": the server itself answers 535
    return AuthResult(success=(data.login, data.password) == (b'bot', b'right password'), handled=False)

class Server(Controller):
    def factory(self):
        return SMTP(self.handler, authenticator=authenticate, auth_require_tls=False,
                    tls_context=context if how == 'starttls' else None)

server = Server(Handler(), hostname='127.0.0.1', port=0, ssl_context=context if how == 'smtps' else None)
server.port = int(sys.argv[4])
server.start()
print('ready', flush=True)
sys.stdin.read()
server.stop()
