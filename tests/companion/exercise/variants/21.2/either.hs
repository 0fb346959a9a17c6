-- Each thread gives an Either to its MVar, and the main thread tells of what failed.
module Main (main) where

import Control.Applicative ((<|>))
import Control.Concurrent
import Control.Exception
import Control.Monad
import qualified Data.ByteString.Char8 as S
import qualified Data.ByteString.Lazy.Char8 as L
import Data.Char (isDigit)
import Data.List (dropWhileEnd)
import GHC.IO.Encoding (getFileSystemEncoding)
import GHC.IO.Exception (IOException (ioe_description))
import Network.Socket
import System.Environment (getArgs)
import System.Exit
import System.IO
import Text.Printf

type Address = (HostName, ServiceName)

type Task = (Int, Address)

parseAddress :: String -> IO Address
parseAddress text
  | isPort = return (if null host then "127.0.0.1" else init host, port)
  | otherwise = refuse ("get-poetry: '" ++ port ++ "' is not a port from 1 to 65535")
  where
    host = dropWhileEnd (/= ':') text
    port = drop (length host) text
    isPort = not (null port) && all isDigit port && (read port :: Integer) `elem` [1 .. 65535]

parseArgs :: IO [Address]
parseArgs = do
  args <- getArgs
  when (null args) (refuse "usage: get-poetry [host]:port ...")
  mapM parseAddress args

refuse :: String -> IO a
refuse message = hPutStrLn stderr message >> exitWith (ExitFailure 2)

-- A name may stand for several addresses: connects to the first that answers.
connectTo :: Address -> IO Handle
connectTo (host, port) = do
  infos <- getAddrInfo (Just defaultHints {addrSocketType = Stream}) (Just host) (Just port)
  foldr1 (<|>) (map open infos)
  where
    open info = bracketOnError (openSocket info) close $ \sock -> do
      connect sock (addrAddress info)
      socketToHandle sock ReadMode

poemFailed :: Task -> IOException -> IO Bool
poemFailed (num, (host, port)) err = do
  hPrintf stderr "Task %d: %s:%s failed: %s\n" num host port (ioe_description err)
  return False

gotLine :: Task -> L.ByteString -> IO ()
gotLine (num, (host, port)) line =
  printf "Task %d: got a line of %d bytes of poetry from %s:%s\n" num (L.length line) host port

getPoetry :: Task -> Handle -> IO Bool
getPoetry task server = do
  poem <- L.hGetContents server
  mapM_ (gotLine task) (L.lines poem)
  S.putStr (L.toStrict (L.snoc poem '\n'))
  return True

startTask :: Task -> IO (Task, MVar (Either IOException Bool))
startTask task = do
  done <- newEmptyMVar
  _ <- forkIO (try (connectTo (snd task) >>= getPoetry task) >>= putMVar done)
  return (task, done)

finished :: (Task, MVar (Either IOException Bool)) -> IO Bool
finished (task, done) = takeMVar done >>= either (poemFailed task) return

main :: IO ()
main = do
  -- The encoding of arguments prints them in any locale; a poem is bytes.
  encoding <- getFileSystemEncoding
  forM_ [stdout, stderr] $ \out -> hSetEncoding out encoding >> hSetBuffering out LineBuffering
  addresses <- parseArgs
  tasks <- mapM startTask (zip [1 ..] addresses)
  results <- mapM finished tasks
  unless (and results) exitFailure
