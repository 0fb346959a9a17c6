-- The poetry servers in Haskell, fast and slow: a lightweight thread for each client.
module Main (main) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.ByteString.Char8 as S
import Data.Char (isDigit)
import GHC.IO.Encoding (getFileSystemEncoding)
import GHC.IO.Exception (IOException (ioe_description))
import Network.Socket
import Network.Socket.ByteString (sendAll)
import System.Environment (getArgs)
import System.Exit
import System.IO
import Text.Printf
import Text.Read (readMaybe)

-- Without a number of bytes the whole poem is one piece.
data Args = Args {argPort :: ServiceName, argNumBytes :: Int, argDelay :: Double}

parsePort :: String -> IO ServiceName
parsePort port
  | isPort = return port
  | otherwise = refuse ("poetry-server: '" ++ port ++ "' is not a port from 1 to 65535")
  where
    isPort = not (null port) && all isDigit port && (read port :: Integer) `elem` [1 .. 65535]

parsePositive :: (Read a, Ord a, Num a) => String -> IO a
parsePositive text = case readMaybe text of
  Just number | number > 0 -> return number
  _ -> refuse ("poetry-server: '" ++ text ++ "' is not a positive number")

parseArgs :: Args -> [String] -> IO (Args, FilePath)
parseArgs args ("--port" : text : rest) =
  parsePort text >>= \port -> parseArgs args {argPort = port} rest
parseArgs args ("--num-bytes" : text : rest) =
  parsePositive text >>= \numBytes -> parseArgs args {argNumBytes = numBytes} rest
parseArgs args ("--delay" : text : rest) =
  parsePositive text >>= \delay -> parseArgs args {argDelay = delay} rest
parseArgs args [file] = return (args, file)
parseArgs _ _ = refuse "usage: poetry-server [--port PORT] [--num-bytes BYTES] [--delay SECONDS] FILE"

refuse :: String -> IO a
refuse message = hPutStrLn stderr message >> exitWith (ExitFailure 2)

readPoem :: FilePath -> IO S.ByteString
readPoem file = S.readFile file `catch` failed
  where
    failed err = refuse ("poetry-server: " ++ file ++ ": " ++ ioe_description err)

listenOn :: ServiceName -> IO Socket
listenOn port = do
  info : _ <- getAddrInfo (Just defaultHints {addrSocketType = Stream}) (Just "127.0.0.1") (Just port)
  listening <- openSocket info
  setSocketOption listening ReuseAddr 1
  bind listening (addrAddress info) `catch` \err ->
    refuse ("poetry-server: can't listen: " ++ ioe_description err)
  listen listening 1024
  return listening

pieces :: Int -> S.ByteString -> [S.ByteString]
pieces numBytes poem
  | S.null poem = []
  | otherwise = let (piece, rest) = S.splitAt numBytes poem in piece : pieces numBytes rest

-- Each in a thread of its own, which alone waits; a client that has left ends it.
sendPoem :: Args -> S.ByteString -> Socket -> IO ()
sendPoem args poem client = forM_ (pieces (argNumBytes args) poem) $ \piece -> do
  sendAll client piece
  threadDelay (round (argDelay args * 1000000))

main :: IO ()
main = do
  -- The encoding of arguments prints them in any locale; a poem is bytes.
  encoding <- getFileSystemEncoding
  forM_ [stdout, stderr] $ \out -> hSetEncoding out encoding >> hSetBuffering out LineBuffering
  (args, file) <- getArgs >>= parseArgs (Args "0" maxBound 0)
  poem <- readPoem file
  listening <- listenOn (argPort args)
  port <- socketPort listening
  printf "Serving %s on 127.0.0.1:%s\n" file (show port)
  forever $ do
    (client, _) <- accept listening
    forkFinally (sendPoem args poem client) (\_ -> close client)
