//! A web server for one page: serves it and its data, takes its answer.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// The longest answer, in bytes: one line per text, with room.
const MOST: usize = 64 << 20;
/// A browser that stalls within a request is given up after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens on a free port of this machine only.
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Starts to listen.
    pub fn bind() -> std::io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Server { listener })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves `page` at `/` and `data` at `/texts` until a POST to `/answer`, whose body is returned.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] after `limit`, or where `gone` says that nobody will answer any more.
    pub fn answer(
        &self,
        page: &str,
        data: &str,
        limit: Duration,
        mut gone: impl FnMut() -> bool,
    ) -> std::io::Result<String> {
        let start = Instant::now();
        loop {
            match self.listener.accept() {
                // A connection that ends early is the browser's business: it asks again.
                Ok((stream, _)) => {
                    if let Ok(Some(answer)) = serve(&stream, page, data) {
                        return Ok(answer);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if start.elapsed() > limit || gone() {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// One request on one connection; the body if it is the answer.
fn serve(stream: &TcpStream, page: &str, data: &str) -> std::io::Result<Option<String>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.take(MOST as u64));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut words = request.split_whitespace();
    match (words.next(), words.next()) {
        (Some("GET"), Some("/" | "/index.html")) => reply(stream, "200 OK", "text/html", page)?,
        (Some("GET"), Some("/texts")) => reply(stream, "200 OK", "application/json", data)?,
        (Some("POST"), Some("/answer")) => {
            let mut body = vec![0; std::cmp::min(length, MOST)];
            reader.read_exact(&mut body)?;
            reply(stream, "200 OK", "text/plain", "")?;
            return Ok(Some(String::from_utf8_lossy(&body).into_owned()));
        }
        _ => reply(stream, "404 Not Found", "text/plain", "")?,
    }
    Ok(None)
}

fn reply(mut stream: &TcpStream, status: &str, kind: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Server;
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::time::Duration;

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn serves_a_page_and_takes_its_answer() {
        let server = Server::bind().unwrap();
        let address = server.address().unwrap();
        let browser = std::thread::spawn(move || {
            assert!(ask(address, "GET / HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n<p>"));
            assert!(ask(address, "GET /texts HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n[]"));
            assert!(ask(address, "GET /else HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
            ask(address, "POST /answer HTTP/1.1\r\nContent-Length: 3\r\n\r\nyes")
        });
        let answer = server.answer("<p>", "[]", Duration::from_secs(20), || false);
        assert_eq!(answer.unwrap(), "yes");
        browser.join().unwrap();
        assert!(server.answer("", "", Duration::from_secs(20), || true).is_err());
    }
}
